using Microsoft.AspNetCore.Http;
using TransformerXL.Files;

namespace TransformerXL.Server.Http;

/// <summary>A request that is answered by an error; the message goes to the client and names what is wrong, with both values.</summary>
internal sealed class ApiException : Exception
{
    public ApiException(int status, string type, string message, string? param = null, string? code = null)
        : base(InputText.ShowMessage(message)) =>
        (Status, Type, Param, Code) = (status, type, string.IsNullOrEmpty(param) ? null : InputText.Show(param), code);

    /// <summary>The status of the answer.</summary>
    public int Status { get; }

    /// <summary>The kind of the error, such as <c>invalid_request_error</c>.</summary>
    public string Type { get; }

    /// <summary>The field that is at fault, such as <c>messages[0].role</c>; null if it is none.</summary>
    public string? Param { get; }

    /// <summary>A word for programs, such as <c>model_not_found</c>; null if there is none.</summary>
    public string? Code { get; }

    /// <summary>After so many seconds the request may be sent again; null if that would not help.</summary>
    public int? RetryAfter { get; init; }

    /// <summary>A field with a wrong value.</summary>
    public static ApiException Invalid(string param, string message) => new(StatusCodes.Status400BadRequest, ErrorTypes.Request, message, param, "invalid_value");

    /// <summary>Something that this server does not do.</summary>
    public static ApiException Unsupported(string param, string message) => new(StatusCodes.Status400BadRequest, ErrorTypes.Request, message, param, "unsupported");

    /// <summary>The server takes no requests now.</summary>
    public static ApiException Unavailable(string message) =>
        new(StatusCodes.Status503ServiceUnavailable, ErrorTypes.Unavailable, message) { RetryAfter = 1 };
}
