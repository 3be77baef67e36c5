"""Two complete languages: core texts are English msgids, operators' texts are written in the operator's language."""

from mypage.i18n.catalogue import LOCALES, Catalogue, Translator, load_catalogue, read_po_folder

__all__ = ["LOCALES", "Catalogue", "Translator", "load_catalogue", "read_po_folder"]
