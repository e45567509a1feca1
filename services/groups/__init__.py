"""Owns: the group tree, memberships and their history, attributes and customers' values of them, web
    forms and what is sent in by them.
Publishes: GroupCreated, GroupChanged, GroupDeleted, CustomerAddedToGroup, CustomerRemovedFromGroup,
    AttributeDefined, AttributeRemoved, CustomerAttributesChanged, FormSubmitted, CustomerForgotten,
    CustomersSelected.
Subscribes to: CustomerRegistered, CustomerChanged, CustomerDeactivated, CustomerReactivated, CustomerErased,
    CustomersMerged, MergeUndone, SelectionAsked.
"""
