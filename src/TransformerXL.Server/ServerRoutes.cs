using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using TransformerXL.Server.Http;
using TransformerXL.Server.Routes;
using TransformerXL.Server.Serving;

namespace TransformerXL.Server;

/// <summary>Which handler answers which path.</summary>
internal static class ServerRoutes
{
    private static readonly string[] s_read = [HttpMethods.Get, HttpMethods.Head];

    public static void Map(IEndpointRouteBuilder routes, ServerServices services)
    {
        CompletionRoutes completions = new(services);
        EmbeddingRoutes embeddings = new(services);
        ModelRoutes models = new(services);
        TokenizerRoutes tokenizer = new(services);
        StatusRoutes status = new(services);

        Post(routes, "/v1/completions", completions.CompleteAsync);
        Post(routes, "/v1/chat/completions", new ChatRoutes(services).ReplyAsync);
        Post(routes, "/v1/embeddings", embeddings.EmbedAsync);
        TaskRoutes tasks = new(services);
        Post(routes, "/v1/classify", tasks.ClassifyAsync);
        Post(routes, "/v1/label", tasks.LabelAsync);
        Post(routes, "/v1/answer", tasks.AnswerAsync);
        Get(routes, "/v1/models", models.ListAsync, RouteAccess.Model);
        Get(routes, "/v1/models/{**model}", models.GetAsync, RouteAccess.Model);
        foreach (string prefix in (string[])["", "/v1"])
        {
            Post(routes, $"{prefix}/tokenize", tokenizer.TokenizeAsync);
            Post(routes, $"{prefix}/detokenize", tokenizer.DetokenizeAsync);
        }

        Get(routes, "/tokenizer_info", tokenizer.InfoAsync, RouteAccess.Model);
        Get(routes, "/health", status.HealthAsync, RouteAccess.Open);
        Get(routes, "/metrics", status.MetricsAsync, RouteAccess.Status);
        Get(routes, "/props", status.PropertiesAsync, RouteAccess.Status);
        foreach (PageFile file in PageFile.All)
        {
            Get(routes, file.Path, file.SendAsync, RouteAccess.Open);
        }

        MapSessions(routes, new SessionRoutes(services, completions));
        Post(routes, "/v1/sessions/{id}/attention", new AttentionRoutes(services).AttendAsync);
        MapOllama(routes, new OllamaRoutes(services, embeddings));
    }

    private static void MapSessions(IEndpointRouteBuilder routes, SessionRoutes sessions)
    {
        const string All = "/v1/sessions", One = "/v1/sessions/{id}";
        Post(routes, All, sessions.OpenAsync);
        Get(routes, All, sessions.ListAsync, RouteAccess.Model);
        Get(routes, One, sessions.GetAsync, RouteAccess.Model);
        Add(routes, One, [HttpMethods.Patch], sessions.RenameAsync, RouteAccess.Model);
        Add(routes, One, [HttpMethods.Delete], sessions.DeleteAsync, RouteAccess.Model);
        Post(routes, $"{One}/read", sessions.ReadAsync);
        Post(routes, $"{One}/generate", sessions.GenerateAsync);
        Post(routes, $"{One}/next", sessions.NextAsync);
        Post(routes, $"{One}/fork", sessions.ForkAsync);
        Post(routes, $"{One}/save", sessions.SaveAsync);
        Post(routes, $"{One}/restore", sessions.RestoreAsync);
    }

    private static void MapOllama(IEndpointRouteBuilder routes, OllamaRoutes ollama)
    {
        Post(routes, "/api/generate", ollama.GenerateAsync);
        Post(routes, "/api/chat", ollama.ChatAsync);
        Post(routes, "/api/embed", ollama.EmbedAsync);
        Get(routes, "/api/tags", ollama.TagsAsync, RouteAccess.Model);
        Get(routes, "/api/version", OllamaRoutes.VersionAsync, RouteAccess.Status);
    }

    private static void Post(IEndpointRouteBuilder routes, string path, RequestDelegate handler) => Add(routes, path, [HttpMethods.Post], handler, RouteAccess.Model);

    private static void Get(IEndpointRouteBuilder routes, string path, RequestDelegate handler, RouteAccess access) => Add(routes, path, s_read, handler, access);

    private static void Add(IEndpointRouteBuilder routes, string path, IEnumerable<string> methods, RequestDelegate handler, RouteAccess access) =>
        routes.MapMethods(path, methods, handler).WithMetadata(access);
}
