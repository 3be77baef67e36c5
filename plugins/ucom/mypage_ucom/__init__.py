"""UCOM光 レジデンス as an operator of mypage."""
