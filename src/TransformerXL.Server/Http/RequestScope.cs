using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace TransformerXL.Server.Http;

/// <summary>What is known of a request while it is answered: for its log line, its metrics, and whose sessions it may use.</summary>
internal sealed class RequestScope
{
    private const int MaxId = 128, IdBytes = 12;

    private RequestScope(string id, long begin) => (Id, Begin) = (id, begin);

    /// <summary>The name of the request, from its header <c>x-request-id</c> or new.</summary>
    public string Id { get; }

    /// <summary>The time stamp of its beginning.</summary>
    public long Begin { get; }

    /// <summary>The key's owner; empty where no keys are asked for.</summary>
    public string Owner { get; set; } = "";

    /// <summary>The model that answers.</summary>
    public string? Model { get; set; }

    /// <summary>Tokens of prompts.</summary>
    public long PromptTokens { get; set; }

    /// <summary>Tokens written.</summary>
    public long CompletionTokens { get; set; }

    /// <summary>A fault of the program in the middle of an answer, for the log.</summary>
    public Exception? Exception { get; set; }

    /// <summary>What went wrong, for the log.</summary>
    public string? Fault { get; set; }

    /// <summary>Begins a request; its id is sent with every answer.</summary>
    public static RequestScope Start(HttpContext context, TimeProvider clock)
    {
        string? given = context.Request.Headers["x-request-id"];
        string id = given is { Length: > 0 and <= MaxId } && given.All(IsPlain) ? given : Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes));
        RequestScope scope = new(id, clock.GetTimestamp());
        context.Response.Headers["x-request-id"] = id;
        context.Features.Set(scope);
        return scope;
    }

    /// <summary>That of a request.</summary>
    public static RequestScope Of(HttpContext context) => context.Features.Get<RequestScope>() ?? throw new InvalidOperationException("the request did not pass the pipeline");

    private static bool IsPlain(char character) => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.' or ':';
}
