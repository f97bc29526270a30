using Microsoft.AspNetCore.Http;

namespace TransformerXL.Server.Http;

/// <summary>The kinds of errors that clients distinguish, as OpenAI's interface and llama.cpp's server name them.</summary>
internal static class ErrorTypes
{
    public const string Request = "invalid_request_error";
    public const string Authentication = "authentication_error";
    public const string Permission = "permission_error";
    public const string NotFound = "not_found_error";
    public const string RateLimit = "rate_limit_error";
    public const string Unavailable = "unavailable_error";
    public const string Server = "server_error";

    /// <summary>The kind that goes with a status.</summary>
    public static string Of(int status) => status switch
    {
        StatusCodes.Status401Unauthorized => Authentication,
        StatusCodes.Status403Forbidden => Permission,
        StatusCodes.Status404NotFound => NotFound,
        StatusCodes.Status429TooManyRequests => RateLimit,
        StatusCodes.Status503ServiceUnavailable => Unavailable,
        >= 500 => Server,
        _ => Request,
    };
}
