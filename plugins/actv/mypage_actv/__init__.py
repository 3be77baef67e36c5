"""ACTV as an operator of mypage."""
