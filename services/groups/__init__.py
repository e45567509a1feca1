"""Owns: the group tree, memberships and their history, attributes and customers' values of them.
Publishes: GroupCreated, GroupChanged, GroupDeleted, CustomerAddedToGroup, CustomerRemovedFromGroup,
    AttributeDefined, AttributeRemoved, CustomerAttributesChanged, CustomerForgotten.
Subscribes to: CustomerRegistered, CustomerChanged, CustomerDeactivated, CustomerReactivated, CustomerErased,
    CustomersMerged, MergeUndone.
"""
