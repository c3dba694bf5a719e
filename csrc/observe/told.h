/* What a call points to: its paths, or the address of a socket. */
#ifndef ES_OBSERVE_TOLD_H
#define ES_OBSERVE_TOLD_H

#include <stdbool.h>
#include <sys/stat.h>

#include "include/extrasafe.h"

/* Bit n: argument n is a pointer that is not NULL. */
unsigned es_pointers(const es_call *call);

/* What a socket says of itself by getsockopt(2), at SOL_SOCKET; -1 where that cannot be known. */
int es_socket_option(int32_t descriptor, int option);

/* What fstat(2) says of a descriptor of this process; false where it fails, or is refused. */
bool es_stat_descriptor(uint64_t descriptor, struct stat *found);

/* Does argument 1 of a call have the address of a socket?  Mix that into a hash; where it cannot be
 * read, where it is. */
bool es_has_address(const es_call *call);
uint64_t es_address_hash(const es_call *call, uint64_t hash);

/* Read them; the caller has the room, where they stay. */
es_told es_read_told(const es_call *call);

#endif
