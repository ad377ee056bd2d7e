"""The checks of Azure's side, by noun; `facts` declares what they need to know."""
