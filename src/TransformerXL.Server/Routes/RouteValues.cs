using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace TransformerXL.Server.Routes;

/// <summary>Parts of a path.</summary>
internal static class RouteValues
{
    public static string Text(HttpContext context, string name) => Convert.ToString(context.GetRouteValue(name), CultureInfo.InvariantCulture) ?? "";
}
