namespace TransformerXL.Server.Http;

/// <summary>The body of every answer that is an error; all four members are always there.</summary>
/// <param name="Error">What went wrong.</param>
internal sealed record ErrorBody(ErrorDetail Error);

/// <summary>What went wrong.</summary>
/// <param name="Message">For people.</param>
/// <param name="Type">The kind, see <see cref="ErrorTypes"/>.</param>
/// <param name="Param">The field at fault, or null.</param>
/// <param name="Code">For programs, or null.</param>
internal sealed record ErrorDetail(string Message, string Type, string? Param, string? Code)
{
    public static ErrorDetail Of(ApiException exception) => new(exception.Message, exception.Type, exception.Param, exception.Code);
}
