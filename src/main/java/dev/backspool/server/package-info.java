/**
 * The program: {@link dev.backspool.server.Main} and its commands, {@link
 * dev.backspool.server.Config}, {@link dev.backspool.server.Server} (the whole wiring) and {@link
 * dev.backspool.server.Routes} (every path the server answers).
 */
@NullMarked
package dev.backspool.server;

import org.jspecify.annotations.NullMarked;
