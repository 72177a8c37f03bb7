/**
 * The object store of finished recordings: a directory or a bucket, behind one port. Objects are
 * written once, under a key that holds a hash of their content, and never change.
 *
 * <p>Before it on the path: what archives, reads and erases recordings. After it: the file system,
 * or a server that speaks S3. What the bytes mean is known to neither.
 */
@NullMarked
package dev.backspool.archive;

import org.jspecify.annotations.NullMarked;
