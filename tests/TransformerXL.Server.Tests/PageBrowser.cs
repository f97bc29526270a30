using Microsoft.Playwright;

namespace TransformerXL.Server.Tests;

/// <summary>Debian's Chromium, started at the first page; tests are skipped where it is not installed.</summary>
public sealed class PageBrowser : IAsyncLifetime
{
    private const string Program = "/usr/bin/chromium";

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>Opens an address in a window with a storage of its own.</summary>
    /// <param name="address">The address.</param>
    /// <param name="width">The width in pixels.</param>
    /// <param name="scheme">The colours that the user prefers.</param>
    /// <param name="script">What the window runs before the scripts of a page; null for nothing.</param>
    public async Task<IPage> OpenAsync(Uri address, int width = 1280, ColorScheme scheme = ColorScheme.Light, string? script = null)
    {
        Skip.IfNot(File.Exists(Program), $"{Program} is not installed");
        Assertions.SetDefaultExpectTimeout((float)TestServer.Patience.TotalMilliseconds);
        _playwright ??= await Playwright.CreateAsync();
        _browser ??= await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = Program, Args = ["--no-sandbox"] });
        IBrowserContext context = await _browser.NewContextAsync(new() { ViewportSize = new() { Width = width, Height = 800 }, ColorScheme = scheme });
        if (script is not null)
        {
            await context.AddInitScriptAsync(script);
        }

        IPage page = await context.NewPageAsync();
        await page.GotoAsync(address.ToString());
        return page;
    }

    /// <inheritdoc/>
    public Task InitializeAsync() => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.CloseAsync();
        }

        _playwright?.Dispose();
    }
}
