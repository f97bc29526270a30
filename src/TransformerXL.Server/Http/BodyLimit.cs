using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace TransformerXL.Server.Http;

/// <summary>The largest body of a request, which Kestrel watches while one is read; a request that announces more is refused before.</summary>
internal static class BodyLimit
{
    /// <summary>Whether a request announces a larger body than is accepted.</summary>
    public static bool IsBroken(HttpContext context) =>
        context.Request.ContentLength > context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize;

    /// <summary>The error.</summary>
    public static ApiException Error() => new(StatusCodes.Status413PayloadTooLarge, ErrorTypes.Request, "the body is larger than this server accepts", null, "body_too_large");
}
