using System.Collections.Frozen;
using Microsoft.AspNetCore.Http;
using TransformerXL.Server.Http;

namespace TransformerXL.Server.Routes;

/// <summary>
/// The web page: every file of the folder <c>Page</c> of this project is embedded in the assembly and served under its path, <c>index.html</c> at <c>/</c>. The
/// page loads nothing from elsewhere, and no other page may frame it.
/// </summary>
internal static class PageRoutes
{
    private const string Prefix = "page/", Index = "index.html";

    private const string Policy =
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static readonly FrozenDictionary<string, string> s_types = new Dictionary<string, string>
    {
        [".html"] = "text/html; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".mjs"] = "text/javascript; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".json"] = "application/json; charset=utf-8",
        [".svg"] = "image/svg+xml",
        [".png"] = "image/png",
        [".ico"] = "image/x-icon",
        [".woff2"] = "font/woff2",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The paths of the page's files; empty where no page was built in.</summary>
    public static IReadOnlyList<string> Files { get; } =
        [.. typeof(PageRoutes).Assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Select(name => name[Prefix.Length..])];

    /// <summary>Answers with a file.</summary>
    public static Task SendAsync(HttpContext context, string file)
    {
        using Stream? stream = typeof(PageRoutes).Assembly.GetManifestResourceStream(Prefix + file);
        if (stream is null)
        {
            throw new ApiException(StatusCodes.Status404NotFound, ErrorTypes.NotFound, "there is no such file", null, "route_not_found");
        }

        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        IHeaderDictionary headers = context.Response.Headers;
        headers.ContentType = s_types.GetValueOrDefault(Path.GetExtension(file), "application/octet-stream");
        headers.CacheControl = "no-cache";
        headers.ContentSecurityPolicy = Policy;
        headers["referrer-policy"] = "no-referrer";
        context.Response.ContentLength = bytes.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.Body.WriteAsync(bytes, context.RequestAborted).AsTask();
    }

    /// <summary>The file of a path.</summary>
    public static string FileOf(string path) => path.Length == 0 ? Index : path;
}
