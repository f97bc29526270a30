using System.Text.Json;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http;
using TransformerXL.Files;
using TransformerXL.Server.OpenAi;
using TransformerXL.Text;

namespace TransformerXL.Server.Http;

/// <summary>Reads the JSON of a request.</summary>
internal static class JsonBody
{
    private const int MaxNamed = 20;

    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = 32 };

    /// <summary>Reads the body, which Kestrel bounds, as an object.</summary>
    /// <param name="context">The request.</param>
    /// <param name="isOptional">Whether a request without a body is one with an empty object.</param>
    /// <exception cref="ApiException">It is no JSON, no UTF-8, or no object.</exception>
    public static async Task<JsonFields> ReadAsync(HttpContext context, bool isOptional = false)
    {
        if (context.Request.Headers.ContentEncoding.ToString() is { Length: > 0 } encoding && !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
        {
            throw new ApiException(StatusCodes.Status415UnsupportedMediaType, ErrorTypes.Request, $"the body has the encoding '{InputText.Show(encoding, 40)}', but must be sent as it is", null, "unsupported_encoding");
        }

        using MemoryStream bytes = new();
        await context.Request.Body.CopyToAsync(bytes, context.RequestAborted).ConfigureAwait(false);
        ReadOnlyMemory<byte> body = bytes.GetBuffer().AsMemory(0, (int)bytes.Length);
        body = body.Span.StartsWith(ByteOrderMark.Utf8) ? body[ByteOrderMark.Utf8.Length..] : body;
        if (body.IsEmpty && isOptional)
        {
            return new JsonFields(JsonNull.EmptyObject);
        }

        if (!Utf8.IsValid(body.Span))
        {
            throw new ApiException(StatusCodes.Status400BadRequest, ErrorTypes.Request, "the body is not valid UTF-8", null, "invalid_json");
        }

        try
        {
            // Not disposed: the elements that are read from it live as long as the request.
            return new JsonFields(JsonDocument.Parse(body, s_options).RootElement);
        }
        catch (JsonException)
        {
            throw new ApiException(StatusCodes.Status400BadRequest, ErrorTypes.Request, $"the body is not valid JSON: {JsonFault.Describe(body.Span, s_options)}", null, "invalid_json");
        }
    }

    /// <summary>
    /// Ends the reading of a request: lists its unknown members in the header <c>x-ignored-fields</c>.
    /// </summary>
    /// <exception cref="ApiException">There are some, and the server is strict.</exception>
    public static void Finish(HttpContext context, JsonFields fields, bool strict)
    {
        string[] unknown = [.. fields.Unread().Take(MaxNamed + 1)];
        if (unknown.Length == 0)
        {
            return;
        }

        if (strict)
        {
            throw new ApiException(StatusCodes.Status400BadRequest, ErrorTypes.Request, $"unknown field {InputText.Show(unknown[0])}", unknown[0], "unknown_field");
        }

        IEnumerable<string> named = unknown.Take(MaxNamed).Select(Header);
        context.Response.Headers["x-ignored-fields"] = string.Join(", ", unknown.Length > MaxNamed ? named.Append("...") : named);
    }

    private static string Header(string name) =>
        string.Concat(InputText.Show(name, 40).Select(character => char.IsAsciiLetterOrDigit(character) || "_.[]-".Contains(character, StringComparison.Ordinal) ? character : '?'));
}
