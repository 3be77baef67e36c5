"""NEWOP as an operator of mypage."""
