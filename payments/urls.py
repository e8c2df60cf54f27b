"""Addresses under /payments/: what a student pays by, comes back to, and reads."""

from django.urls import path

from payments import views

urlpatterns = [
    path("pay/<str:token>/", views.pay, name="pay"),
    path("return/<str:merchant_order_id>/", views.payment_return, name="payment_return"),
    path("receipts/<str:token>/", views.receipt, name="receipt"),
    path("receipts/<str:token>/pdf/", views.receipt_pdf, name="receipt_pdf"),
]
