namespace TransformerXL.Server.Http;

/// <summary>What a route asks for before it answers.</summary>
/// <param name="IsOpen">Whether it answers without a key.</param>
/// <param name="NeedsModels">Whether it answers only while models are loaded and the server is not stopping.</param>
internal sealed record RouteAccess(bool IsOpen, bool NeedsModels)
{
    /// <summary>A route that uses a model.</summary>
    public static RouteAccess Model { get; } = new(false, true);

    /// <summary>A route with information about the server.</summary>
    public static RouteAccess Status { get; } = new(false, false);

    /// <summary>A route for everyone: health, the page.</summary>
    public static RouteAccess Open { get; } = new(true, false);
}
