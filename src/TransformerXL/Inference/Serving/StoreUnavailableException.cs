namespace TransformerXL.Inference.Serving;

/// <summary>The store of sessions does not answer, or cannot be read or written now; the same request may succeed later.</summary>
/// <param name="message">What failed.</param>
/// <param name="cause">The failure of the store; null if there is none.</param>
public sealed class StoreUnavailableException(string message, Exception? cause = null) : IOException(message, cause);
