"""Tags of nodes that say what a run does to its date; locks, cleanup and delivery follow from them.

`DATED`: writes a folder, a partition or a table of `as_of`. Two runs of one date never run such
nodes at once, and cleanup removes what lies in the folders of old dates.

`DELIVERY`, beside `DATED`: writes what others fetch, from the commit of the date. It is written
anew after a kill or a restore, and cleanup leaves it.

`EXCLUSIVE`: writes one place for all dates. Two runs never run such nodes at once.
"""

DATED = "dated"
DELIVERY = "delivery"
EXCLUSIVE = "exclusive"
