using Microsoft.Extensions.AI;
using TransformerXL.Extensions.AI;

// Usage: chat-example RUN
await using LocalModel model = LocalModel.Load(args[0]);
IChatClient client = model.AsIChatClient();

// The conversation remembers what was said, so that each turn sends and reads only the new message.
ChatOptions options = new() { MaxOutputTokens = 200, Temperature = 0.7f, ConversationId = LocalModel.NewConversation };
Console.Write("> ");
while (Console.ReadLine() is { Length: > 0 } line)
{
    await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync(line, options))
    {
        options.ConversationId = update.ConversationId;
        Console.Write(update.Text);
    }

    Console.Write("\n> ");
}

Console.WriteLine();
