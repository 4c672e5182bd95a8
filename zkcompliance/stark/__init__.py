"""The proving hand: from columns and a program to a proof, by docs/spec. The other hand, `verify`, shares nothing."""
