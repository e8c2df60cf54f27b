from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('leads', '0003_fewer_indexes'),
    ]

    operations = [
        migrations.AlterField(
            model_name='lead',
            name='status',
            field=models.CharField(choices=[('new', 'New'), ('contacted', 'Contacted'), ('interested', 'Interested'), ('enrolled', 'Enrolled'), ('lost', 'Lost'), ('junk', 'Not a person')], default='new', max_length=12),
        ),
    ]
