namespace TransformerXL.Inference.Serving;

/// <summary>The limits of a <see cref="FolderSessionStore"/>.</summary>
public sealed record FolderSessionStoreOptions
{
    /// <summary>The maximum size of the folder in bytes; 0 for no limit. Beyond it expired sessions are removed, then writes are refused.</summary>
    public long MaxBytes { get; init; }

    /// <summary>A session that was not used for so long is removed; null for never.</summary>
    public TimeSpan? Expiry { get; init; }

    /// <summary>Tells the time.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">A value is outside its allowed range; the message names both.</exception>
    public void Validate()
    {
        Require.Between("store size", MaxBytes, 0, long.MaxValue);
        Require.That(Expiry is null || Expiry > TimeSpan.Zero, $"expiry is {Expiry}, but must be above 0", nameof(Expiry));
        Require.Present("clock", Clock);
    }
}
