package dev.backspool.rrweb;

/** The page's visible size in CSS pixels. */
public record Viewport(int width, int height) {}
