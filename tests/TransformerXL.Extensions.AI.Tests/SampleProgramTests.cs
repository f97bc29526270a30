using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace TransformerXL.Extensions.AI.Tests;

/// <summary>The programs under samples/ that use this package run on a small model, each as its own process.</summary>
public sealed class SampleProgramTests(SmallModel files) : IClassFixture<SmallModel>
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task The_console_chat_answers_each_line()
    {
        using Process process = Start("chat-example", files.Path);
        await process.StandardInput.WriteAsync("Hello\nAnd now?\n");
        process.StandardInput.Close();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        Assert.StartsWith("> ", output, StringComparison.Ordinal);
        Assert.True(output.Split("\n> ").Length >= 3, output);
        Assert.True(output.Length > 200, output);
    }

    [Fact]
    public async Task The_web_API_chats_streams_and_embeds()
    {
        using Process process = Start("webapi-example", "--urls", "http://127.0.0.1:0", "--Model:ModelFolder", files.Path, "--Model:Sampling:Temperature", "0");
        try
        {
            const string Listening = "Now listening on: ";
            string line = await ReadToAsync(process, Listening);
            using HttpClient client = new() { BaseAddress = new Uri(line[(line.IndexOf(Listening, StringComparison.Ordinal) + Listening.Length)..].Trim()), Timeout = s_patience };
            JsonNode reply = (await (await client.PostAsJsonAsync("/chat", new { text = "Hello", tokens = 12 })).EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonNode>())!;
            Assert.Equal((12, "length"), ((int)reply["tokens"]!, (string)reply["reason"]!));
            string stream = await (await client.PostAsJsonAsync("/stream", new { text = "Hello", tokens = 12 })).EnsureSuccessStatusCode().Content.ReadAsStringAsync();
            Assert.Equal((string)reply["text"]!, stream);
            float[] vector = (await (await client.PostAsJsonAsync("/embed", new { text = "Hello" })).EnsureSuccessStatusCode().Content.ReadFromJsonAsync<float[]>())!;
            Assert.Equal(1, vector.Sum(value => (double)value * value), 1e-4);
        }
        finally
        {
            process.Kill();
        }
    }

    [Fact]
    public async Task The_worker_reports_lines_of_a_growing_log_that_stand_out()
    {
        string log = files.Folder("server.log");
        await File.WriteAllTextAsync(log, string.Concat(Enumerable.Repeat("GET /index.html 200\n", 60)));
        using Process process = Start("logworker-example", files.Path, log);
        try
        {
            // Its weights are random: lines differ in what they cost, and of many different ones some cost more than all before.
            await ReadToAsync(process, "Application started");
            await File.AppendAllTextAsync(log, string.Concat(Enumerable.Range(0, 300).Select(i => $"\u00ff{new string((char)(33 + (i % 90)), 20)}\n")));
            string report = await ReadToAsync(process, "bits per character: ");
            Assert.Contains("line ", report, StringComparison.Ordinal);
        }
        finally
        {
            process.Kill();
        }
    }

    private static async Task<string> ReadToAsync(Process process, string text)
    {
        using CancellationTokenSource limit = new(s_patience);
        while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.Contains(text, StringComparison.Ordinal))
            {
                return line;
            }
        }

        throw new InvalidOperationException($"the program ended without '{text}': {await process.StandardError.ReadToEndAsync()}");
    }

    private static Process Start(string program, params string[] arguments) => Process.Start(
        new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, program + ".dll"), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = AppContext.BaseDirectory,
        })!;
}
