using System.Text.Json.Serialization.Metadata;

namespace TransformerXL.Server.Http;

/// <summary>An answer that is sent piece by piece: server-sent events, or a line of JSON for each piece.</summary>
internal interface IAnswerStream
{
    /// <summary>The clock of <see cref="PingAsync"/>.</summary>
    TimeProvider Clock { get; }

    /// <summary>Sends a piece; waits while the client reads too slowly.</summary>
    ValueTask WriteAsync<T>(T value, JsonTypeInfo<T> type, CancellationToken cancellationToken);

    /// <summary>Sends a sign of life.</summary>
    ValueTask PingAsync(CancellationToken cancellationToken);

    /// <summary>Sends an error, after which nothing follows.</summary>
    ValueTask FailAsync(ErrorBody error, CancellationToken cancellationToken);

    /// <summary>Ends the answer.</summary>
    ValueTask CompleteAsync(CancellationToken cancellationToken);
}
