package dev.backspool.event;

import dev.backspool.session.Opener;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Who sent a row, which decides the session it belongs to. */
public sealed interface Sender {

  /** A visitor's device; the server finds or opens its session from the time of the event. */
  record Device(DeviceIds ids) implements Sender {}

  /**
   * A program without visitors. It opens no session: an event that names a profile joins the
   * profile's current one.
   */
  record Backend(DeviceIds ids) implements Sender {}

  /**
   * An SDK that names its sessions.
   *
   * @param device the SDK's id of the device; null where it gives none
   * @param tab the page load, where a sign-in groups what is sent; null elsewhere
   */
  record Named(Opener opener, @Nullable String device, @Nullable String tab) implements Sender {
    /** A sender that names the session itself. */
    public Named(Opener opener, @Nullable String device) {
      this(opener, device, null);
    }

    /** Whether the session is to be found or opened, and not known already. */
    boolean isFound() {
      return !(opener instanceof Opener.Known);
    }
  }

  /**
   * Another system, which has placed its events already.
   *
   * @param session null for an event that belonged to none
   * @param name what the other system called the session
   */
  record Imported(@Nullable UUID session, @Nullable String name, @Nullable String device)
      implements Sender {}
}
