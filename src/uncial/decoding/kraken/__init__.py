"""From the heat maps of kraken's networks to lines and regions, as kraken draws them."""
