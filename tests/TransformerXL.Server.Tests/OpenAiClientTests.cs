using System.ClientModel;
using System.Text;
using Microsoft.Extensions.AI;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Embeddings;
using OpenAI.Models;

namespace TransformerXL.Server.Tests;

/// <summary>OpenAI's client for .NET, and Microsoft.Extensions.AI on top of it, against the real server.</summary>
public sealed class OpenAiClientTests : IAsyncLifetime
{
    private const string Key = "key-of-a-client";

    private TestServer _server = null!;
    private OpenAIClient _client = null!;

    public async Task InitializeAsync()
    {
        _server = await TestServer.StartAsync(options => options with { ApiKeys = [Key] });
        _client = new OpenAIClient(new ApiKeyCredential(Key), new OpenAIClientOptions { Endpoint = new Uri(_server.Address, "/v1") });
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Chat_is_answered_and_streamed()
    {
        ChatClient chat = _client.GetChatClient(SmallModels.Characters);
        ChatCompletionOptions options = new() { MaxOutputTokenCount = 12, Seed = 3, Temperature = 0.7f, IncludeLogProbabilities = true, TopLogProbabilityCount = 2 };
        OpenAI.Chat.ChatCompletion reply = await chat.CompleteChatAsync([new SystemChatMessage("Be kind."), new UserChatMessage("Hello")], options);
        Assert.Equal((OpenAI.Chat.ChatFinishReason.Length, 12), (reply.FinishReason, reply.Usage.OutputTokenCount));
        Assert.Equal(12, reply.ContentTokenLogProbabilities.Count);
        Assert.All(reply.ContentTokenLogProbabilities, token => Assert.Equal(2, token.TopLogProbabilities.Count));
        StringBuilder text = new();
        ChatTokenUsage? usage = null;
        await foreach (StreamingChatCompletionUpdate update in chat.CompleteChatStreamingAsync([new SystemChatMessage("Be kind."), new UserChatMessage("Hello")], options))
        {
            text.Append(string.Concat(update.ContentUpdate.Select(part => part.Text)));
            usage = update.Usage ?? usage;
        }

        Assert.Equal(reply.Content[0].Text, text.ToString());
        Assert.Equal(12, usage?.OutputTokenCount);
    }

    [Fact]
    public async Task Embeddings_come_in_base64_and_models_are_listed()
    {
        EmbeddingClient embeddings = _client.GetEmbeddingClient(SmallModels.Characters);
        OpenAIEmbeddingCollection vectors = await embeddings.GenerateEmbeddingsAsync(["The river", "A stone"]);
        Assert.Equal((2, 24), (vectors.Count, vectors[0].ToFloats().Length));
        Assert.Equal(1, vectors[1].ToFloats().ToArray().Sum(value => value * value), 1e-5);
        OpenAIModelCollection models = await _client.GetOpenAIModelClient().GetModelsAsync();
        Assert.Equal([SmallModels.Characters], models.Select(model => model.Id));
    }

    [Fact]
    public async Task Errors_reach_the_caller_with_status_and_message()
    {
        ClientResultException exception = await Assert.ThrowsAsync<ClientResultException>(() => _client.GetChatClient("other").CompleteChatAsync([new UserChatMessage("Hello")]));
        Assert.Equal(404, exception.Status);
        Assert.Contains("there is no model 'other'", exception.Message, StringComparison.Ordinal);
        OpenAIClient stranger = new(new ApiKeyCredential("wrong-key"), new OpenAIClientOptions { Endpoint = new Uri(_server.Address, "/v1") });
        exception = await Assert.ThrowsAsync<ClientResultException>(() => stranger.GetChatClient(SmallModels.Characters).CompleteChatAsync([new UserChatMessage("Hello")]));
        Assert.Equal(401, exception.Status);
    }

    [Fact]
    public async Task Microsofts_abstractions_chat_stream_and_embed()
    {
        using IChatClient chat = _client.GetChatClient(SmallModels.Characters).AsIChatClient();
        ChatOptions options = new() { MaxOutputTokens = 12, Seed = 3, Temperature = 0.7f, TopP = 0.9f, StopSequences = ["~~~"], FrequencyPenalty = 0.1f, PresencePenalty = 0.1f };
        ChatResponse reply = await chat.GetResponseAsync("Hello", options);
        StringBuilder text = new();
        await foreach (ChatResponseUpdate update in chat.GetStreamingResponseAsync("Hello", options))
        {
            text.Append(update.Text);
        }

        Assert.Equal((Microsoft.Extensions.AI.ChatFinishReason.Length, 12L), (reply.FinishReason!.Value, reply.Usage?.OutputTokenCount));
        Assert.Equal(reply.Text, text.ToString());
        using IEmbeddingGenerator<string, Embedding<float>> generator = _client.GetEmbeddingClient(SmallModels.Characters).AsIEmbeddingGenerator();
        GeneratedEmbeddings<Embedding<float>> vectors = await generator.GenerateAsync(["The river", "A stone"]);
        Assert.Equal((2, 24), (vectors.Count, vectors[0].Vector.Length));
    }
}
