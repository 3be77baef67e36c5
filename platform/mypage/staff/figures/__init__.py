"""How much happens at a portal: logins, orders, work and failed payments, as plain numbers."""
