"""Options: products, their pages and quotas, with all prices (UCOM-94 to UCOM-111, UCOM-132 to UCOM-158)."""

from mypage.plugin import Product, ProductPage, Quota

PRODUCTS: tuple[Product, ...] = ()

PRODUCT_PAGES: tuple[ProductPage, ...] = ()

QUOTAS: tuple[Quota, ...] = ()
