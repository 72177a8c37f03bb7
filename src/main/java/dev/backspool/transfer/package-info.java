/**
 * A whole project as one file, a tar that anyone can read: see {@code docs/project-file.md}. {@link
 * dev.backspool.transfer.ProjectExport} writes one from what is stored, {@link
 * dev.backspool.transfer.ProjectImport} stores one, on the same machine or another, with whatever
 * database and archive that one has.
 *
 * <p>Before it on the path: the commands and the routes of the API that they use on a running
 * server. After it: PostgreSQL and, for recordings, {@code recording}.
 */
@NullMarked
package dev.backspool.transfer;

import org.jspecify.annotations.NullMarked;
