package dev.backspool.query.sql;

/**
 * A value, written.
 *
 * @param growth how many times as long as a stored text it can be
 */
record Piece(String sql, double growth) {}
