"""お客様情報変更 (UCOM-122 to UCOM-127)."""

from mypage.plugin import ProfileForm

PROFILE_FORMS: tuple[ProfileForm, ...] = ()
