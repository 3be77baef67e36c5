"""USEN as an operator of mypage."""
