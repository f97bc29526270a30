using System.Net;
using Microsoft.AspNetCore.Http;
using TransformerXL.Files;

namespace TransformerXL.Server.Http;

/// <summary>
/// Keeps pages of other origins away from a server that their reader can reach. A browser names the page in <c>Origin</c>; a page whose name
/// was made to point at this machine (DNS rebinding) shows in <c>Host</c>, unless keys are asked for, which such a page does not have.
/// </summary>
/// <param name="origins">The origins whose pages may use the server, such as <c>https://notes.example</c>.</param>
/// <param name="hosts">Names, beside localhost and addresses, that the server answers to.</param>
/// <param name="hasKeys">Whether requests need a key.</param>
internal sealed class OriginRules(IReadOnlyCollection<string> origins, IReadOnlyCollection<string> hosts, bool hasKeys)
{
    private const string PreflightSeconds = "600";

    private readonly HashSet<string> _origins = new(origins.Select(origin => origin.TrimEnd('/')), StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _hosts = new(hosts, StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether a text is an origin as browsers name it, with or without a slash at its end: others would never equal that of a page.</summary>
    public static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? uri)
        && uri.Host.Length > 0
        && text.TrimEnd('/').Equals($"{uri.Scheme}://{(uri.HostNameType == UriHostNameType.IPv6 ? uri.Host : uri.IdnHost)}{(uri.IsDefaultPort ? "" : $":{uri.Port}")}", StringComparison.OrdinalIgnoreCase);

    /// <summary>Checks a request and adds the headers that browsers need.</summary>
    /// <returns>Whether the request was a preflight, which needs no more than these headers.</returns>
    /// <exception cref="ApiException">The request comes from a page that may not use the server.</exception>
    public bool Check(HttpContext context)
    {
        HttpRequest request = context.Request;
        CheckHost(request.Host);
        string? origin = request.Headers.Origin;
        if (origin is null)
        {
            CheckSite(request);
            return false;
        }

        if (IsSame(origin, request.Host))
        {
            return false;
        }

        context.Response.Headers.Vary = "Origin";
        if (!_origins.Contains(origin))
        {
            throw Refused($"pages of the origin '{InputText.Show(origin)}' may not use this server; its operator can allow the origin", "origin_not_allowed");
        }

        IHeaderDictionary headers = context.Response.Headers;
        headers.AccessControlAllowOrigin = origin;
        headers.AccessControlExposeHeaders = "x-request-id, x-ignored-fields, x-session-id, retry-after";
        if (!HttpMethods.IsOptions(request.Method))
        {
            return false;
        }

        headers.AccessControlAllowMethods = "GET, POST, PATCH, DELETE";
        headers.AccessControlAllowHeaders = request.Headers.AccessControlRequestHeaders is [{ } asked] ? asked : "authorization, content-type";
        headers.AccessControlMaxAge = PreflightSeconds;
        return true;
    }

    private void CheckHost(HostString host)
    {
        string name = host.Host.TrimStart('[').TrimEnd(']');
        bool known = hasKeys
            || name.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || IPAddress.TryParse(name, out _)
            || _hosts.Contains(name);
        if (!known)
        {
            throw Refused($"this server does not answer to the name '{InputText.Show(name)}'; its operator can allow the name", "host_not_allowed");
        }
    }

    /// <summary>Rejects requests without an origin (images, scripts) from another site. Navigation by a link is allowed.</summary>
    private static void CheckSite(HttpRequest request)
    {
        string? site = request.Headers["sec-fetch-site"], mode = request.Headers["sec-fetch-mode"];
        bool follows = mode == "navigate" && HttpMethods.IsGet(request.Method);
        if (site is "cross-site" or "same-site" && !follows)
        {
            throw Refused("a page of another site may not use this server", "origin_not_allowed");
        }
    }

    private static bool IsSame(string origin, HostString host)
    {
        int scheme = origin.IndexOf("://", StringComparison.Ordinal);
        return scheme > 0 && host.HasValue && origin[(scheme + 3)..].Equals(host.Value, StringComparison.OrdinalIgnoreCase);
    }

    private static ApiException Refused(string message, string code) =>
        new(StatusCodes.Status403Forbidden, ErrorTypes.Permission, message, null, code);
}
