"""Node tags that control locks, cleanup and delivery.

`DATED`: the node writes a folder, a partition or a table of `as_of`. Two runs of the same date
never run such nodes at the same time. Cleanup deletes the folders of old dates.

`DELIVERY`, together with `DATED`: the node writes files for other systems from the commit of the
date. They are written again after a kill or a restore, and cleanup keeps them.

`DELIVERED`: the node changes a table that deliveries make up. Two runs never run such nodes at the
same time.

`EXCLUSIVE`: the node writes data that all dates share. Two runs never run such nodes at the same
time.
"""

DATED = "dated"
DELIVERED = "delivered"
DELIVERY = "delivery"
EXCLUSIVE = "exclusive"
