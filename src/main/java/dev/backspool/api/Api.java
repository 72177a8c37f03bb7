package dev.backspool.api;

/** Everything that answers for our own API and the dashboard; {@code Routes} gives it its paths. */
public record Api(
    Guard guard,
    SignIn signIn,
    Me me,
    ProjectApi projects,
    SessionApi sessions,
    LiveSessions live,
    EventApi events,
    LiveEvents liveEvents,
    ProfileApi profiles,
    GroupApi groups,
    RetentionApi retention,
    RecordingApi recordings,
    QueryApi queries,
    StorageApi storage,
    SessionDump dump,
    TransferApi transfer,
    ErasureApi erasures,
    SyncApi sync,
    SyncVerifyApi syncVerify,
    Operations operations,
    VerifyApi verify,
    Site site) {}
