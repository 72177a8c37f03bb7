/** OpenPanel's contract, spoken over HTTP to the real server. */
@NullMarked
package dev.backspool.protocol.openpanel;

import org.jspecify.annotations.NullMarked;
