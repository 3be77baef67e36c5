"""OCN as an operator of mypage."""
