-- Nothing is held any more, or all of it is to be looked at again.
delete from velvet.restored
