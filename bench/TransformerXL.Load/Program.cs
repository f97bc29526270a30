using System.CommandLine;
using TransformerXL.Load;

Option<string> url = new("--url") { Description = "Address of the server.", DefaultValueFactory = _ => "http://127.0.0.1:8080" };
Option<string> key = new("--api-key") { Description = "Key of the server.", DefaultValueFactory = _ => "" };
Option<int> streams = new("--streams") { Description = "Requests at the same time.", DefaultValueFactory = _ => 16 };
Option<double> seconds = new("--seconds") { Description = "Time after which no new request begins; 0 for no limit.", DefaultValueFactory = _ => 20 };
Option<long> requests = new("--requests") { Description = "Number of requests; 0 for no limit.", DefaultValueFactory = _ => 0L };
Option<int> tokens = new("--tokens") { Description = "Tokens of each answer.", DefaultValueFactory = _ => 200 };
Option<int> prompt = new("--prompt") { Description = "Characters of each prompt.", DefaultValueFactory = _ => 100 };
Option<double> leave = new("--leave") { Description = "Share of the requests whose client leaves before the answer is complete.", DefaultValueFactory = _ => 0 };
Option<int> process = new("--process") { Description = "Process id of the server, whose memory is printed (Linux).", DefaultValueFactory = _ => 0 };
RootCommand command = new("Loads a server with streamed completions and tells tokens per second, times between tokens, and errors.")
{
    url, key, streams, seconds, requests, tokens, prompt, leave, process,
};
command.SetAction(async (result, stop) =>
{
    LoadOptions options = new()
    {
        Address = new Uri(result.GetValue(url)!),
        Key = result.GetValue(key)!,
        Streams = result.GetValue(streams),
        Time = result.GetValue(seconds) is > 0 and double limit ? TimeSpan.FromSeconds(limit) : null,
        Requests = result.GetValue(requests) is > 0 and long max ? max : null,
        Tokens = result.GetValue(tokens),
        PromptLength = result.GetValue(prompt),
        LeavingShare = result.GetValue(leave),
        Process = result.GetValue(process),
    };
    if (options.Time is null && options.Requests is null)
    {
        Console.Error.WriteLine("--seconds 0 needs --requests");
        return 2;
    }

    try
    {
        LoadResult loaded = await new LoadRun(options).RunAsync(stop);
        Console.WriteLine(loaded.Describe());
        return loaded.Faults.Count == 0 ? 0 : 1;
    }
    catch (HttpRequestException fault)
    {
        Console.Error.WriteLine($"{options.Address} does not tell its metrics: {fault.Message}");
        return 1;
    }
});
command.Subcommands.Add(StepCommand.Create());
return await command.Parse(args).InvokeAsync();
