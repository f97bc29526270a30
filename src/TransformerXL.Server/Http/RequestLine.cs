using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using TransformerXL.Files;

namespace TransformerXL.Server.Http;

/// <summary>The line of a request in the log: what was asked and how it ended, nothing of texts, keys or query strings.</summary>
internal static class RequestLine
{
    public static string Of(HttpContext context, RequestScope scope, int status, double seconds)
    {
        StringBuilder line = new();
        line.Append(CultureInfo.InvariantCulture, $"{context.Request.Method} {InputText.Show(context.Request.Path.Value ?? "/")} {status} {seconds * 1000:0} ms");
        if (scope.Model is { } model)
        {
            line.Append(CultureInfo.InvariantCulture, $", {model}, {scope.PromptTokens} + {scope.CompletionTokens} tokens");
        }

        if (scope.Owner.Length > 0)
        {
            line.Append(", key ").Append(scope.Owner.AsSpan(0, 8));
        }

        line.Append(", ").Append(scope.Id);
        return scope.Fault is { } fault ? line.Append(": ").Append(InputText.ShowMessage(fault)).ToString() : line.ToString();
    }
}
