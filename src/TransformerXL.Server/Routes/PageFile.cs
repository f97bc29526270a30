using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace TransformerXL.Server.Routes;

/// <summary>
/// A file of the web page: those of the folder <c>Page</c> of this project are embedded in the assembly and served under their names,
/// <c>index.html</c> at <c>/</c>. The page loads nothing from elsewhere, and no other page may frame it.
/// </summary>
internal sealed class PageFile
{
    private const string Prefix = "page/", Index = "index.html";

    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private readonly byte[] _content;
    private readonly string _type, _tag;

    private PageFile(string name)
    {
        using Stream stream = typeof(PageFile).Assembly.GetManifestResourceStream(Prefix + name)!;
        _content = new byte[stream.Length];
        stream.ReadExactly(_content);
        Path = name == Index ? "/" : $"/{name}";
        _type = System.IO.Path.GetExtension(name) switch
        {
            ".html" => "text/html; charset=utf-8",
            ".css" => "text/css; charset=utf-8",
            _ => "text/javascript; charset=utf-8",
        };
        _tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(_content).AsSpan(0, 16))}\"";
    }

    /// <summary>All files of the page.</summary>
    public static IReadOnlyList<PageFile> All { get; } =
        [.. typeof(PageFile).Assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Select(name => new PageFile(name[Prefix.Length..]))];

    /// <summary>Where it is served.</summary>
    public string Path { get; }

    /// <summary>Answers with the file, or with status 304 where the browser has it already.</summary>
    public Task SendAsync(HttpContext context)
    {
        HttpResponse response = context.Response;
        response.Headers.ETag = _tag;
        response.Headers.CacheControl = "no-cache";
        response.Headers.ContentSecurityPolicy = Policy;
        response.Headers["referrer-policy"] = "no-referrer";
        if (context.Request.Headers.IfNoneMatch.ToString() == _tag)
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        response.ContentType = _type;
        response.ContentLength = _content.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : response.Body.WriteAsync(_content, context.RequestAborted).AsTask();
    }
}
