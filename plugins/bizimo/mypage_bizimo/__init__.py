"""BIZIMO as an operator of mypage."""
