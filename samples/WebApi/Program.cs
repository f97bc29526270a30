using Microsoft.Extensions.AI;
using TransformerXL.Extensions.AI;

// Usage: webapi-example --Model:ModelFolder RUN
WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.Services.Configure<TransformerXLOptions>(builder.Configuration.GetSection("Model"));
builder.Services.AddTransformerXL();
WebApplication app = builder.Build();

// Load the model now and not with the first request.
_ = app.Services.GetRequiredService<LocalModel>();

// curl http://localhost:5000/chat --json '{"text": "Hello"}'
app.MapPost("/chat", async (IChatClient chat, Question question, CancellationToken gone) =>
{
    ChatResponse reply = await chat.GetResponseAsync(question.Text, new ChatOptions { MaxOutputTokens = question.Tokens }, gone);
    return Results.Ok(new { reply.Text, Reason = reply.FinishReason?.Value, Tokens = reply.Usage?.OutputTokenCount });
});

// A caller that leaves ends its reply and frees the place.
app.MapPost("/stream", (IChatClient chat, Question question, CancellationToken gone) => TypedResults.Stream(async body =>
{
    await using StreamWriter writer = new(body);
    await foreach (ChatResponseUpdate update in chat.GetStreamingResponseAsync(question.Text, new ChatOptions { MaxOutputTokens = question.Tokens }, gone))
    {
        await writer.WriteAsync(update.Text);
        await writer.FlushAsync(gone);
    }
}, "text/plain; charset=utf-8"));

app.MapPost("/embed", async (IEmbeddingGenerator<string, Embedding<float>> generator, Question question, CancellationToken gone) =>
    (await generator.GenerateVectorAsync(question.Text, cancellationToken: gone)).ToArray());

app.Run();

internal sealed record Question(string Text, int Tokens = 100);
