"""GST on fees. Prices include it, so it is backed out: whole paise, and nothing left over.

The rate is the owner's to set (private coaching: 18%). Which papers name the tax, and what they
must carry, is in `payments.papers`. Without a GSTIN nothing here is called.
"""

from dataclasses import dataclass, fields

from django.utils import timezone

COACHING_SAC = "999293"  # commercial training and coaching services

STATES = {  # the first two digits of a GSTIN: English, Hindi
    "01": ("Jammu and Kashmir", "जम्मू और कश्मीर"),
    "02": ("Himachal Pradesh", "हिमाचल प्रदेश"),
    "03": ("Punjab", "पंजाब"),
    "04": ("Chandigarh", "चंडीगढ़"),
    "05": ("Uttarakhand", "उत्तराखंड"),
    "06": ("Haryana", "हरियाणा"),
    "07": ("Delhi", "दिल्ली"),
    "08": ("Rajasthan", "राजस्थान"),
    "09": ("Uttar Pradesh", "उत्तर प्रदेश"),
    "10": ("Bihar", "बिहार"),
    "11": ("Sikkim", "सिक्किम"),
    "12": ("Arunachal Pradesh", "अरुणाचल प्रदेश"),
    "13": ("Nagaland", "नागालैंड"),
    "14": ("Manipur", "मणिपुर"),
    "15": ("Mizoram", "मिज़ोरम"),
    "16": ("Tripura", "त्रिपुरा"),
    "17": ("Meghalaya", "मेघालय"),
    "18": ("Assam", "असम"),
    "19": ("West Bengal", "पश्चिम बंगाल"),
    "20": ("Jharkhand", "झारखंड"),
    "21": ("Odisha", "ओडिशा"),
    "22": ("Chhattisgarh", "छत्तीसगढ़"),
    "23": ("Madhya Pradesh", "मध्य प्रदेश"),
    "24": ("Gujarat", "गुजरात"),
    "26": ("Dadra and Nagar Haveli and Daman and Diu", "दादरा और नगर हवेली एवं दमन और दीव"),
    "27": ("Maharashtra", "महाराष्ट्र"),
    "29": ("Karnataka", "कर्नाटक"),
    "30": ("Goa", "गोवा"),
    "31": ("Lakshadweep", "लक्षद्वीप"),
    "32": ("Kerala", "केरल"),
    "33": ("Tamil Nadu", "तमिलनाडु"),
    "34": ("Puducherry", "पुदुच्चेरी"),
    "35": ("Andaman and Nicobar Islands", "अंडमान और निकोबार द्वीपसमूह"),
    "36": ("Telangana", "तेलंगाना"),
    "37": ("Andhra Pradesh", "आंध्र प्रदेश"),
    "38": ("Ladakh", "लद्दाख"),
    "97": ("Other territory", "अन्य क्षेत्र"),
}
# Union territories without a legislature levy UTGST in the place of SGST (UTGST Act, 2017).
UNION_TERRITORIES = {"04", "26", "31", "35", "38", "97"}


@dataclass(frozen=True)
class Gst:
    """An amount taken apart, in paise. `cgst_paise` and `sgst_paise` are always equal."""

    taxable_paise: int
    cgst_paise: int = 0
    sgst_paise: int = 0
    igst_paise: int = 0

    @classmethod
    def read(cls, tax):
        """Return what was charged by the `tax` of a paper (`payments.papers`)."""
        return cls(**{field.name: tax[field.name] for field in fields(cls)})

    @property
    def tax_paise(self):
        return self.cgst_paise + self.sgst_paise + self.igst_paise

    @property
    def amount_paise(self):
        return self.taxable_paise + self.tax_paise

    def __sub__(self, other):
        return Gst(
            self.taxable_paise - other.taxable_paise,
            self.cgst_paise - other.cgst_paise,
            self.sgst_paise - other.sgst_paise,
            self.igst_paise - other.igst_paise,
        )


def gst(amount_paise, rate_percent, is_same_state):
    """Back the tax out of `amount_paise`, which includes it; `rate_percent` is a whole number.

    Within one state each half is rounded by itself, so that CGST and SGST are the same.
    """
    if is_same_state:
        half = _nearest(amount_paise * rate_percent, 2 * (100 + rate_percent))
        return Gst(amount_paise - 2 * half, cgst_paise=half, sgst_paise=half)
    tax = _nearest(amount_paise * rate_percent, 100 + rate_percent)
    return Gst(amount_paise - tax, igst_paise=tax)


def gst_of_payment(amount_paise, invoiced_before_paise, rate_percent, is_same_state):
    """Return the tax of one payment: that of all invoiced so far, less that of before it.

    `invoiced_before_paise` is the sum of the order's earlier invoices, whatever was refunded
    since. So the invoices of an order add up to the tax of the whole, whatever its parts.
    """
    before = gst(invoiced_before_paise, rate_percent, is_same_state)
    return gst(invoiced_before_paise + amount_paise, rate_percent, is_same_state) - before


def gst_of_refund(charged, amount_paise, credited_before_paise=0):
    """Return what a credit note over `amount_paise` takes back of the invoice that `charged`.

    `credited_before_paise` is the sum of that invoice's earlier credit notes. All its notes
    together never take back more tax than it charged, and exactly that when all is refunded.
    Raises ValueError for more than is left of the invoice.
    """
    credited_paise = credited_before_paise + amount_paise
    if not 0 <= credited_before_paise <= credited_paise <= charged.amount_paise:
        raise ValueError(f"{amount_paise} paise cannot be credited after {credited_before_paise}")
    return _part(charged, credited_paise) - _part(charged, credited_before_paise)


def place_of_supply(centre_state, student_state, is_online):
    """Return the state code that decides between CGST + SGST (the centre's own) and IGST.

    A class in a room is supplied where it is held (IGST Act, section 12(5)(b)); an online one
    where the student lives, as far as that is on record (section 12(2)(b), Circular 242/36/2024).
    Both for students without a GSTIN of their own.
    """
    return (is_online and student_state) or centre_state


def state_name(code, language):
    """Return the state's name in 'hi' or English; '' for a code that is none."""
    english, hindi = STATES.get(code, ("", ""))
    return hindi if language == "hi" else english


def financial_year(moment):
    """Return the year of account of an aware moment, in India's days: '26-27' until 31 March."""
    day = timezone.localtime(moment, timezone.get_default_timezone()).date()
    first = day.year - (day.month < 4)
    return f"{first % 100:02}-{(first + 1) % 100:02}"


def _nearest(numerator, denominator):
    """Divide to the nearest whole number, a half upwards."""
    return (2 * numerator + denominator) // (2 * denominator)


def _part(charged, amount_paise):
    """Take `amount_paise` of what was charged apart in the proportions of the whole."""
    half = _nearest(charged.cgst_paise * amount_paise, charged.amount_paise)
    igst = _nearest(charged.igst_paise * amount_paise, charged.amount_paise)
    return Gst(amount_paise - 2 * half - igst, half, half, igst)
