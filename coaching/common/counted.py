"""Columns that are counted in the database, and that a form must not write back as it read them."""


class Counted:
    """A model's mixin: `save()` of a row that exists leaves the columns of COUNTED alone.

    They change by UPDATE … SET n = n + 1 under a lock; the owner's form was opened before.
    """

    COUNTED = ()

    def save(self, *, update_fields=None, force_insert=False, **kwargs):
        is_there = not (self._state.adding or force_insert or self.pk is None)
        if is_there and update_fields is None:
            names = [field.name for field in self._meta.concrete_fields if not field.primary_key]
            update_fields = [name for name in names if name not in self.COUNTED]
        super().save(update_fields=update_fields, force_insert=force_insert, **kwargs)
