from django import template

from coaching.common.money import inr

register = template.Library()
register.filter("inr", inr)
