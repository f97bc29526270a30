namespace TransformerXL.Inference.Serving;

/// <summary>A session as a store gives it.</summary>
/// <param name="record">What is stored with it.</param>
/// <param name="state">Its state, which <see cref="InferenceSession.Load(Stream)"/> reads.</param>
public sealed class StoredSession(SessionRecord record, Stream state) : IDisposable
{
    /// <summary>What is stored with it.</summary>
    public SessionRecord Record { get; } = record;

    /// <summary>Its state.</summary>
    public Stream State { get; } = state;

    /// <summary>Closes the stream.</summary>
    public void Dispose() => State.Dispose();
}
